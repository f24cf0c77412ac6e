from twin.testing.wire_fixture import fault_proxy

__all__ = ["fault_proxy"]
