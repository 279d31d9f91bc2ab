/* @status 0 */
BEGIN { trace(*(int *)16); trace("not reached"); }
BEGIN { zero = 0; trace(1 / zero); }
BEGIN / *(char *)8 == 1 / { trace("not reached"); }
BEGIN { @a[*(int *)24] = count(); }
BEGIN { trace(stringof((char *)32)); }
BEGIN { trace("the others run"); exit(0); }
ERROR { printf("epid %d action %d kind %d value 0x%x", arg1, arg2, arg4, arg5); }
