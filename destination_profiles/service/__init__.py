"""What the service is: manifest.yaml, and what follows from it."""
