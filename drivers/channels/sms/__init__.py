"""Texts to people through a web service: four providers behind one channel.

``channel``   the gate, and what is done in which order
``provider``  what a provider is asked for
``answers``   what a status and a code mean, for all of them
``said``      what providers answer, as models; loaded with the first answer
``korean``    numbers and lengths as Korean providers want them
``solapi`` ``sens`` ``twilio`` ``webhook``  one provider each: words a request, reads an answer

None of this can reach 119: the channel refuses its number and every short code.
"""
