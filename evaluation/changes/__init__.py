"""Past changes of real projects, checked as the pull requests that they once were."""
