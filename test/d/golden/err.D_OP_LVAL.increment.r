dtrace: failed to compile script err.D_OP_LVAL.increment.d: [D_OP_LVAL] line 3: operator ++ can only change a variable
    	(pid + 1)++;
    	 ^~~~~~~
