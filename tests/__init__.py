"""The suite: mirrors the rooms, plus journeys/ (real processes) and browser/ (real Chromium)."""
