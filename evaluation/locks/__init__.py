"""The lab: what statements do on live servers, against what is predicted."""
