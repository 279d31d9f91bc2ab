/* @status 0 */
BEGIN { none = 0; trace(1 / none); }
ERROR { trace(*(int *)8); }
ERROR { trace("the other ERROR clause"); }
BEGIN { exit(0); }
