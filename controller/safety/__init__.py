"""The safety core: limits, gate, reactions; standard library and controller.types only."""
