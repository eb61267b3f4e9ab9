"""Carrying out a plan that was shown: what refuses it, what tells that it was begun, how it goes on after a cancel."""
