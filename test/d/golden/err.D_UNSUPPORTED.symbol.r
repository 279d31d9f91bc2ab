dtrace: failed to compile script err.D_UNSUPPORTED.symbol.d: [D_UNSUPPORTED] line 3: kernel symbols are not available yet: `jiffies
    	trace(`jiffies);
    	      ^~~~~~~~
