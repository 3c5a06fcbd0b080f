"""Other ways out of the house, over the internet: to people and to the centre, never to 119."""
