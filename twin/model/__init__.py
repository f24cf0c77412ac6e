"""Pure: the plant as code. A YAML file becomes a frozen, checked model; every problem names its file and line."""
