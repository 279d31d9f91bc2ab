/* @status 3 */
BEGIN {}
BEGIN { x = 1; }
BEGIN { @quiet = count(); }
BEGIN { exit(3); }
BEGIN { trace("never"); }
END { trace("end"); }
