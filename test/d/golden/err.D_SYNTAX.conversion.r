dtrace: failed to compile script err.D_SYNTAX.conversion.d: [D_SYNTAX] line 3: format conversion #1 is undefined: %q
    	printf("%q", 1);
    	       ^~~~
