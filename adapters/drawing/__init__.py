"""Draws of millions of entrants, computed in processes of their own, over files in a temporary folder."""
