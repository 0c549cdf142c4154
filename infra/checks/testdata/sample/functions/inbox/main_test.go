package main

import (
	_ "clienteling/infra"
	_ "clienteling/shared/table"
)
