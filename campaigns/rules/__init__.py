"""Pure decisions of the campaigns room: who is the same debtor, what comes next and when, which moves are allowed."""
