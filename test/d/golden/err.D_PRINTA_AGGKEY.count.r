dtrace: failed to compile script err.D_PRINTA_AGGKEY.count.d: [D_PRINTA_AGGKEY] line 5: printa( ): @a and @b differ in their keys: @a has 1 key, @b has 2 keys
    	printa("%d %@d %@d", @a, @b);
    	^~~~~~~~~~~~~~~~~~~~~~~~~~~~
