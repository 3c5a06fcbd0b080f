"""The bell itself: siren, strobe and button, on GPIO pins through gpiozero."""
