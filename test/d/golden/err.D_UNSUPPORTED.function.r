dtrace: failed to compile script err.D_UNSUPPORTED.function.d: [D_UNSUPPORTED] line 3: aggregating function lquantize( ) is not available yet
    	@a = lquantize(pid, 0, 100);
    	     ^~~~~~~~~~~~~~~~~~~~~~
