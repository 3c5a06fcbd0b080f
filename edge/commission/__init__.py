"""Setting a bell up: from a technician's answers to a settings file that counts.

``draft``    answers so far, and what the loader would say of them
``writing``  answers as TOML with comments; a file of somebody's with its own comments kept
``placing``  a settings file or a secret put where it belongs, whole or not at all
``phones``   numbers as people write them
``address``  how many characters of 119's 45 an address leaves

Owns no word that a person reads but what it is given: asking is ``edge.cli``'s business. Never
loaded by the daemon.
"""
