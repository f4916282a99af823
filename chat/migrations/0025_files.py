"""Uploaded files, their pieces, and what messages have of them."""

import chat.models.files
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0024_notified_up_to'),
    ]

    operations = [
        migrations.CreateModel(
            name='File',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=chat.models.files.new_key, editable=False, max_length=22, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('alt', models.CharField(blank=True, max_length=300)),
                ('size', models.PositiveBigIntegerField()),
                ('offset', models.PositiveBigIntegerField(default=0)),
                ('media_type', models.CharField(blank=True, max_length=100)),
                ('kind', models.CharField(choices=[('image', 'Picture'), ('audio', 'Audio'), ('video', 'Video'), ('file', 'File')], default='file', max_length=5)),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('color', models.CharField(blank=True, max_length=7)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('path', models.CharField(blank=True, max_length=200)),
                ('thumb_path', models.CharField(blank=True, max_length=200)),
                ('thumb_width', models.PositiveIntegerField(null=True)),
                ('thumb_height', models.PositiveIntegerField(null=True)),
                ('state', models.CharField(choices=[('uploading', 'Uploading'), ('waiting', 'Waiting'), ('ready', 'Ready'), ('refused', 'Refused')], default='uploading', max_length=9)),
                ('refusal', models.CharField(blank=True, max_length=100)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='files', to=settings.AUTH_USER_MODEL)),
            ],
            options={'indexes': [models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='files_that_expire')]},
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='chat.message')),
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='attachment', to='chat.file')),
            ],
            options={'constraints': [models.UniqueConstraint(fields=['message', 'position'], name='one_file_per_position')]},
        ),
        migrations.CreateModel(
            name='FilePiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveBigIntegerField()),
                ('size', models.PositiveIntegerField()),
                ('path', models.CharField(max_length=200)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='chat.file')),
            ],
            options={'constraints': [models.UniqueConstraint(fields=['file', 'start'], name='one_piece_per_start')]},
        ),
        migrations.CreateModel(
            name='Preview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=2000)),
                ('title', models.CharField(blank=True, max_length=120)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('site', models.CharField(blank=True, max_length=120)),
                ('hidden_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('hidden_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('image', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='previews', to='chat.file')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='previews', to='chat.message')),
            ],
            options={'constraints': [models.UniqueConstraint(fields=['message', 'url'], name='one_preview_per_link')]},
        ),
    ]
