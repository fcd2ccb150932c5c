"""What travels: requests and answers, and the formats of their bodies."""
