package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/lockid"
)

// Flags of single operations.

func expand(cmd *cobra.Command, c *call) {
	cmd.Flags().StringSliceVar(&c.expand, "expand", nil, "`MEMBERS` to compute in addition, such as supportedFeatures")
}

func ipUserID(cmd *cobra.Command, c *call) {
	optional(cmd, "ip-user-id", "only the user with this `ID` at the identity provider", &c.ipUserID)
}

func dryRun(cmd *cobra.Command, c *call) {
	cmd.Flags().BoolFunc("dry-run", "send dryRun=true; what the API makes of it is not documented", func(string) error {
		c.dryRun = new(true)
		return nil
	})
}

// Flags of what is sent.

func newOwner(cmd *cobra.Command, o *tapkey.OwnerAccountCreate) {
	required(cmd, "name", "`NAME` of the owner account", &o.Name)
}

func changedOwner(cmd *cobra.Command, o *tapkey.OwnerAccountUpdate) {
	optional(cmd, "name", "new `NAME`", &o.Name)
	mustBeSet(cmd, "name")
}

func newPermission(cmd *cobra.Command, p *tapkey.PermissionCreate) {
	required(cmd, "contact", "`ID` of the contact", &p.ContactID)
	required(cmd, "role", "`ROLE`: Owner or Admin", &p.Role)
}

func newLock(cmd *cobra.Command, l *tapkey.LockBinding) {
	cmd.Flags().Func("serial", "serial `NUMBER`, as it stands on the lock, in hex", func(text string) error {
		id, err := lockid.ParseHex(text)
		l.PhysicalLockID = id.Base64()
		return err
	})
	mustBeSet(cmd, "serial")
	required(cmd, "code", "binding `CODE`", &l.BindingCode)
	optional(cmd, "title", "`TITLE` for the lock", &l.Title)
	optional(cmd, "description", "`TEXT` that describes the lock", &l.Description)
}

func changedCard(cmd *cobra.Command, b *tapkey.BoundCardUpdate) {
	optional(cmd, "title", "new `TITLE`", &b.Title)
	mustBeSet(cmd, "title")
}

func newContact(cmd *cobra.Command, b *tapkey.ContactCreate) {
	optional(cmd, "identifier", "`E-MAIL` address of a Tapkey user", &b.Identifier)
	optional(cmd, "provider", "`ID` of the identity provider; tapkey if left out", &b.IPID)
	optional(cmd, "ip-user-id", "`ID` of the user at another identity provider", &b.IPUserID)
	optional(cmd, "title", "`TITLE` for the contact", &b.Title)
	optional(cmd, "comment", "free `TEXT`", &b.Comment)
	cmd.MarkFlagsOneRequired("identifier", "ip-user-id")
}

func changedContact(cmd *cobra.Command, b *tapkey.ContactUpdate) {
	optional(cmd, "title", "new `TITLE`", &b.Title)
	optional(cmd, "comment", "new `TEXT`", &b.Comment)
	cmd.MarkFlagsOneRequired("title", "comment")
}

func newGrant(cmd *cobra.Command, g *tapkey.GrantCreate) {
	required(cmd, "lock", "`ID` of the lock", &g.BoundLockID)
	optional(cmd, "contact", "`ID` of the contact", &g.ContactID)
	cmd.Flags().Func("identifier", "`E-MAIL` address of a Tapkey user, in place of --contact", func(text string) error {
		g.Contact = &tapkey.GrantContact{Identifier: text}
		return nil
	})
	optional(cmd, "card", "`ID` of the transponder, in place of --contact", &g.BoundCardID)
	optionalTime(cmd, "from", "`TIME` from which it is valid, local or RFC 3339", &g.ValidFrom)
	optionalTime(cmd, "until", "`TIME` before which it is valid, likewise", &g.ValidBefore)
	cmd.MarkFlagsOneRequired("contact", "identifier", "card")
	cmd.MarkFlagsMutuallyExclusive("contact", "identifier", "card")
	cmd.PreRunE = func(*cobra.Command, []string) error { return checkWindow(g.ValidFrom, g.ValidBefore) }
}

func checkWindow(from, until *time.Time) error {
	if from != nil && until != nil && !from.Before(*until) {
		return errors.New("--until is not after --from")
	}
	return nil
}

func newUser(cmd *cobra.Command, u *tapkey.IdentityProviderUserCreate) {
	required(cmd, "ip-user-id", "`ID` of the user at the identity provider", &u.IPUserID)
}
