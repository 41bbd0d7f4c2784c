"""The process that takes a servo bus over when its owner is lost; it owns nothing until then."""
