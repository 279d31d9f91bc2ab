dtrace: failed to compile script err.D_SPEC_SPEC.two.d: [D_SPEC_SPEC] line 4: speculate( ) may not follow speculate( )
    	speculate(1);
    	^~~~~~~~~~~~
