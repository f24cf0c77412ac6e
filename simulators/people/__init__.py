"""Who works in a plant and when: shifts and breaks by the clock on the wall, crews whose people come when called."""
