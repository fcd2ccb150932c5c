"""What was sent, remembered from sync to sync, so that only what changed is sent."""
