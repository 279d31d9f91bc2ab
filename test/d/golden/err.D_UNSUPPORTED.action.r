dtrace: failed to compile script err.D_UNSUPPORTED.action.d: [D_UNSUPPORTED] line 3: action stack( ) is not available yet
    	stack();
    	^~~~~~~
