"""The parts of ``floodbell init``: what is asked, in which order, in which words.

``session``  what all parts share: the draft, the secrets, what was found on the ports
``keys``     one key of the settings, by its model
``site``, ``sensors``, ``people``, ``links``  the parts
``mending``  what the loader refuses, asked again
``lists``    things of which there are several: sensors, contacts
``problems`` the loader's complaints in the language of the command line
``words``    what each key means

Owns the conversation only: what an answer becomes is ``edge.commission``'s business.
"""
