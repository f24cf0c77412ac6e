"""What machines are made of, a component a file: physics, wear, sensors. Each is stepped once a second."""
