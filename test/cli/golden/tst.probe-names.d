/* @status 0 */
BEGIN, END { printf("%s:%s:%s:%s id %d epid %d", probeprov, probemod, probefunc, probename, id, epid); }
tick-10ms { printf("%s:%s:%s:%s epid %d ipl %d", probeprov, probemod, probefunc, probename, epid, ipl); exit(0); }
