/* @status 0 */
BEGIN { one = speculation(); two = speculation(); none = speculation(); }
BEGIN { speculate(one); }
BEGIN { speculate(one); trace("one"); printf(" and %d", two); }
BEGIN { speculate(none); trace("never"); }
BEGIN { speculate(two); trace("discarded"); }
BEGIN { trace("before"); }
BEGIN { commit(one); }
BEGIN { discard(two); }
BEGIN { speculate(one); trace("too late"); }
BEGIN { commit(3); }
BEGIN { late = speculation(); }
BEGIN { speculate(late); trace("as late as can be"); exit_soon = 1; }
BEGIN { exit(0); }
END { trace("end"); }
END { commit(late); }

#pragma D option nspec=2
