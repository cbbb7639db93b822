"""Something dangerous that a named person must acknowledge and resolve, else it moves on."""
