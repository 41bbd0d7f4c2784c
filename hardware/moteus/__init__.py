"""moteus controllers in torque control over CAN-FD: frames by the official library, the link by python-can."""
