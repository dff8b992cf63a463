"""Tests of what needs the add-ons: `make addons` first."""
