dtrace: failed to compile script err.D_UNSUPPORTED.subroutine.d: [D_UNSUPPORTED] line 3: subroutine strlen( ) is not available yet
    	trace(strlen(execname));
    	      ^~~~~~~~~~~~~~~~
