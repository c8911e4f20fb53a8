"""The webhook pages: endpoints and their life, deliveries and attempts, replays."""
