"""What is measured rather than claimed: comparisons with Django, with live servers and on real projects."""
