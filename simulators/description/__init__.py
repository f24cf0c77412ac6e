"""Lines written down: YAML in, the frozen specs of the simulators out, or one error that says where and how to mend."""
