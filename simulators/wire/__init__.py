"""The thin shells: a line's samples on real OPC UA and MQTT, as the machines of a plant would send them."""
