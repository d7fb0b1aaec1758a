package migrate

func (p *pass) fold() {}
