"""What can be wrong with an installation, and what a technician can do about it.

Importing this imports nothing: ``status`` needs the remedies, and only ``doctor`` the checks.
"""
