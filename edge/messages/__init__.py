"""The messages: worded, queued, handed over, never forgotten.

``words`` and ``texts`` say what people and 119 read, ``drafting`` makes messages of what the law
decided, ``outbox`` says which goes next and when to try again, ``sending`` does it on the main
thread, and ``delivery`` is the modem's worker. ``words``, ``drafting``, ``outbox`` and
``outbox_memory`` are pure.
"""
