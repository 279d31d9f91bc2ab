1 0
before
first
second, in the clause that commits
again 1
and again 1

