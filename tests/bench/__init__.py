"""Figures that users care about, each beside a yardstick of the same run; nothing is asserted."""
