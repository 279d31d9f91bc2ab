dtrace: failed to compile script err.D_UNSUPPORTED.variable.d: [D_UNSUPPORTED] line 3: variable curthread is not available yet
    	trace(curthread);
    	      ^~~~~~~~~
