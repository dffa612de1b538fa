"""What dispatch's doors take and give: one schema a body, a query string or an answer."""
