dtrace: failed to compile script err.D_STACK_SIZE.variable.d: [D_STACK_SIZE] line 3: stack( ) size must be a non-zero positive integral constant expression
    	@[stack(pid)] = count();
    	        ^~~
    hint: write stack(5), or set the option stackframes
