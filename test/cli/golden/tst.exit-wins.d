/* @status 7 */
BEGIN { exit(7); trace("the rest of the clause"); }
BEGIN { exit(8); }
END { exit(9); }
