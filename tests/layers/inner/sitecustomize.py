"""Python reads this where a test starts a program of its own: the layer that is out for the test is out for it too."""

from __future__ import annotations

import os

from tests.layers.layers import LAYERS

if name := os.environ.get("MASSAGE_ARM_WITHOUT"):
    LAYERS[name].out()
