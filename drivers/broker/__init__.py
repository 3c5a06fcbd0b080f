"""The way to the broker: one MQTT connection on paho, driven by our thread."""
