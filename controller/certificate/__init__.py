"""The compiled certificate of nominal ticks: what the gate would let through unchanged, and remember."""
