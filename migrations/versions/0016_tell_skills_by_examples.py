"""Tell a skill by questions that ask for it, besides its words; and know all skills by name with their brand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

SKILL = sa.table("skill", *map(sa.column, ("id", "brand_id", "topic", "name")))
BRAND = sa.table("brand", sa.column("id"), sa.column("skill_names", sa.JSON()))

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("skill", sa.Column("examples", sa.JSON(), nullable=True, comment="questions that ask for it"))
    op.add_column(
        "brand",
        sa.Column("skill_names", sa.JSON(), nullable=True, comment="topic and name of each skill by its id, for pages"),
    )
    names: dict[int, dict[str, list[str]]] = {}
    for row in op.get_bind().execute(sa.select(*SKILL.c).order_by(SKILL.c.topic, SKILL.c.name, SKILL.c.id)):
        names.setdefault(row.brand_id, {})[str(row.id)] = [row.topic, row.name]
    for brand_id, known in names.items():
        op.execute(BRAND.update().where(BRAND.c.id == brand_id).values(skill_names=known))


def downgrade() -> None:
    op.drop_column("brand", "skill_names")
    op.drop_column("skill", "examples")
